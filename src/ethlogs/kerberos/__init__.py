"""Tickets: obtained from a keytab, renewed while a run lasts, asked for before a service is used."""
