"""Versions of the label store's schema, run by Alembic."""
