"""Models and agents: what they may do, what they cost, and what they did."""
