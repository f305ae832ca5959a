"""Commands for finished collections: what they hold, one stage again, and what is damaged."""
