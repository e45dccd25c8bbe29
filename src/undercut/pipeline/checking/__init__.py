"""`undercut check`: what is wrong with labelled files, mended copies, the page."""
