#!/usr/bin/env python
import gc
import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["sandbox"]:
        # plays others, and needs nothing of ours: not even settings that can be read
        from enrichment.management.commands.sandbox import Command

        Command().run_from_argv(sys.argv)
        return
    # nothing of what is imported now is garbage: to look for it took a fifth of a start. `ready` switches it on again
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c2s_enrich.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["doctor"]:
        from c2s_enrich.doctor.readable import refuse_unreadable_settings

        refuse_unreadable_settings(sys.argv)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
