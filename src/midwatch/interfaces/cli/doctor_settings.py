"""Settings in `midwatch doctor`: which file and which variable is in force for each; never a value, which may be a
secret."""

from rich.text import Text

from midwatch.reports import terminal
from midwatch.settings import Settings, files, settings_file
from midwatch.wiring.settings_origins import SettingOrigin, origins, unused_variables

DEFAULT = "default"
_FLAG_SETTING = "kubernetes.kubeconfig"


def show_settings(composed: type[Settings], kubeconfig: str = "", *, verbose: bool = False) -> None:
    """The files, a line for each setting that is set (with `verbose` for all), and variables that nothing reads.
    `kubeconfig` is that of the flag, which wins."""
    read = [str(file.absolute()) for file in files() if file.is_file()]
    _line(f"settings    {', '.join(read) or f'defaults (no {settings_file()})'}")
    found = [_flagged(one) if kubeconfig else one for one in origins(composed, defaults=verbose)]
    if kubeconfig and all(one.setting != _FLAG_SETTING for one in found):
        found = sorted([*found, SettingOrigin(_FLAG_SETTING, "--kubeconfig")], key=lambda one: one.setting)
    width = max((len(one.setting) for one in found), default=0)
    for one in found:
        over = f" (not {'; '.join(one.overridden)})" if one.overridden else ""
        _line(f"  {one.setting.ljust(width)}  {one.origin or DEFAULT}{over}")
    for name, told in unused_variables():
        _line(f"variables   {name} {told}")


def _flagged(one: SettingOrigin) -> SettingOrigin:
    if one.setting != _FLAG_SETTING:
        return one
    return SettingOrigin(one.setting, "--kubeconfig", tuple(filter(None, (one.origin, *one.overridden))))


def _line(text: str) -> None:
    """Never broken: names are there to be copied."""
    terminal.console().print(Text(terminal.plain(text)), soft_wrap=True)
