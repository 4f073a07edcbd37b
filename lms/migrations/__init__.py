"""Alembic's folder: one chain for SQLite and PostgreSQL."""
