from collections.abc import Callable
from importlib.resources import files


def setup_page(package: str) -> Callable[[], str]:
    """Reader of `setup.md` in the folder of an alert source; in UTF-8, whatever the locale."""
    return lambda: files(package).joinpath("setup.md").read_text("utf-8")
