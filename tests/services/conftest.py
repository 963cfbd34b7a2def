from tests.postgres import db, empty_url, migrated_file, postgres, url

__all__ = ["db", "empty_url", "migrated_file", "postgres", "url"]
