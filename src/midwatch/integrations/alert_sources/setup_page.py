from collections.abc import Callable
from importlib.resources import files


def setup_page(package: str) -> Callable[[], str]:
    """Reads `setup.md` in the folder of an alert source when it is called; in UTF-8, whatever the locale."""
    return lambda: files(package).joinpath("setup.md").read_text("utf-8")
