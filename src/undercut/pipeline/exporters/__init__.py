"""What a run found out, written for the trackers people use: one small file each."""
