"""Attributes: their definitions and versions."""
