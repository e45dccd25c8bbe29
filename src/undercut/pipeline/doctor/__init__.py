"""Looks at the machine and the installation, and says what is missing and how to mend it."""
