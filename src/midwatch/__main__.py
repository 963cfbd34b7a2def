from midwatch.interfaces.cli.app import app


def main() -> None:
    app(prog_name="midwatch")


if __name__ == "__main__":
    main()
