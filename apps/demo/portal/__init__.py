"""The portal where vendors keep their own data: a bot asks there, a few vendors at a time."""
