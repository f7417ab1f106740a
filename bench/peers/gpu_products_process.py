"""Says how long torch takes for products of square matrices in float32.

Arguments: device, sizes (1024-2048). It prints seconds by size, the median of some rounds, as JSON.
"""
import json
import sys
import time

import numpy as np
import torch

ROUNDS, EACH = 7, 10
device, sizes = sys.argv[1], [int(size) for size in sys.argv[2].split("-")]
torch.backends.cuda.matmul.allow_tf32 = False


def seconds(size):
    a, b = (torch.randn(size, size, device=device) for _ in range(2))
    times = []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        for _ in range(EACH):
            product = a @ b
        product[0, 0].item()  # the device is done only when its last result is here
        times.append((time.perf_counter() - begin) / EACH)
    return float(np.median(times[1:]))


print(json.dumps({size: seconds(size) for size in sizes}))
