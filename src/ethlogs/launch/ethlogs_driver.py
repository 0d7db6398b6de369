"""What spark-submit is given to run; alone in its folder, since Spark puts that folder on sys.path."""

import sys

from ethlogs.driver import main

sys.exit(main(sys.argv[1:]))
