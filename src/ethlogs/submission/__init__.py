"""The way from settings to a driver that runs, on this machine or on YARN, and to its true outcome."""
