"""What stands in the files of a pack: each function yields rows, read a few at a time."""
