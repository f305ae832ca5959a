"""The command for finished collections: run one stage again, and repair what is damaged."""
