import gc
import os

# Bots, workers and web processes stand side by side on the cores. Matrices that each of them
# spread over all cores would have them wait for each other, spinning; read before numpy is.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# With Python's 700, a start looks 800 times for garbage among what it imports for good: a fifth
# of the time that a process takes to start.
gc.set_threshold(20_000, 10, 10)
