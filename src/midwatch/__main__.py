import atexit
import gc

from midwatch.interfaces.cli.app import app

# A command lives for seconds and keeps nearly all that it reads: looking for garbage among it costs a tenth of the time.
_OBJECTS_BETWEEN_LOOKS = 200_000


def main() -> None:
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, 50, 50)
    # Nor is it taken apart at the end, object by object, which costs another tenth: its memory goes with the process.
    atexit.register(gc.freeze)
    app(prog_name="midwatch")


if __name__ == "__main__":
    main()
