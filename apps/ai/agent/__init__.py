"""Agents: `engine` decides what is next, `working` does it, `tools` is what they may use."""
