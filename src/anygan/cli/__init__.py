"""The command line: :mod:`.app` declares the commands, and every command's body is a module of its own.

Declaring costs nothing: ``--help`` answers before torch is loaded. A body has one function, ``run``, which takes the
parsed options and returns an :class:`~anygan.cli.answer.Answer`; :mod:`.app` prints it.
"""
