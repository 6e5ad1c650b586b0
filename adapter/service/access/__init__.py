"""Who asks, whom and what they may see, and emergency access."""
