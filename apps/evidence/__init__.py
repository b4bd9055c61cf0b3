"""The evidence pack: all about one business reference as a signed archive that leaves the house."""
