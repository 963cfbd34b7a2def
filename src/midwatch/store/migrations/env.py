"""Alembic environment: uses the connection that `store.migrate` opened and locked."""

from alembic import context

from midwatch.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
