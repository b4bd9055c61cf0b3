"""The pages of AI: models, calls, prompts, agents."""
