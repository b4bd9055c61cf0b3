"""The map: what starts what, from how things are set up and from a month of traffic."""
