import os

# Bots, workers and web processes stand side by side on the cores. Matrices that each of them
# spread over all cores would have them wait for each other, spinning; read before numpy is.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
