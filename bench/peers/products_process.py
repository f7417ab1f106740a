"""Says how long torch takes for some matrix products, and whether they are right.

They are those of a step of 784-1000-10 at batch 128: forward, the gradient of the weights, the gradient of the inputs. The
numbers are whole and so small that float32 holds every sum. One thread.
"""
import json
import time

import numpy as np
import torch

torch.set_num_threads(1)
random = np.random.default_rng(0)


def whole(rows, columns, largest):
    return random.integers(-largest, largest + 1, (rows, columns)).astype(np.float32)


x, w, dy = whole(128, 784, 1000), whole(784, 1000, 4), whole(128, 1000, 4)
products = [(x, w), (x.T, dy), (dy, w.T)]
tensors = [(torch.from_numpy(a), torch.from_numpy(b)) for a, b in products]

right = all(
    np.array_equal((s @ t).numpy(), a.astype(np.float64) @ b.astype(np.float64))
    for (a, b), (s, t) in zip(products, tensors)
)
times = []
for _ in range(10):
    begin = time.perf_counter()
    for a, b in tensors:
        a @ b
    times.append(time.perf_counter() - begin)
print(json.dumps({"right": right, "seconds": float(np.median(times))}))
