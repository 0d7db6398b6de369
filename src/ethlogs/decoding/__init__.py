"""What an event log says in the words of its contract's ABI: events, and the values of a log's words."""
