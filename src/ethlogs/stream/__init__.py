"""The common part of everything that reads or writes a stream, whichever job it is.

The block as it will be produced (``block``, fetched ahead by ``prefetch``), what the stream is bound to
(``identity``, watched by ``topic_watch`` and ``offsets``), who owns it and where it ends (``claim``,
``tail``), and what was written before (``read_back``).
"""
