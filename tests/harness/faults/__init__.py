"""Faults that strike a running stream, and the proof afterwards that nothing was lost or duplicated.

``catalogue`` has each fault, a short function; ``stage`` the real services and the run that they strike;
``scenario`` how one of them is played; ``examine`` the proof. ``matrix`` plays them all and writes
docs/faults.md, ``chaos`` strikes one stream at random for as many minutes as are asked for.
"""
