"""Trains with torch what a file describes; says how long its steps take.

Arguments: file, update (adam or momentum), rate, device (cpu or cuda), mode (eager or compile). The file (safetensors) holds
initial parameters by name, `inputs` [batches, batch, ...], or `inputs/source` and `inputs/target` of a Transformer, and
`targets`, and in its metadata the layers. For every line "N" on standard input it trains N steps and answers with a line of
JSON. It has as many threads as OMP_NUM_THREADS and OPENBLAS_NUM_THREADS say, which whoever starts it sets.
"""
import json
import os
import sys
import time

import numpy as np
import torch
from torch import nn

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False  # float32 on both sides
torch.backends.cudnn.benchmark = True  # its best kernels


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    metadata = header.pop("__metadata__")
    types = {"F32": np.float32, "I32": np.int32}
    arrays = {
        name: torch.from_numpy(
            np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"]).copy()
        )
        for name, entry in header.items()
    }
    return arrays, json.loads(metadata["layers"])


ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


class Block(nn.Module):
    """relu(body(x) + shortcut(x)); where the shape changes, the shortcut is every `stride`-th pixel, with channels of zeros."""

    def __init__(self, body, stride, more):
        super().__init__()
        self.body, self.stride, self.channels = body, stride, (more // 2, more - more // 2)

    def forward(self, x):
        shortcut = x
        if self.stride != 1 or any(self.channels):
            shortcut = nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, *self.channels))
        return torch.relu(self.body(x) + shortcut)


def build(layers, arrays):
    """Layers as torch has them: kernels transposed, axes in the order [batch, channels, height, width]."""
    modules, image = [], None  # of what is flat: its shape before
    for layer in layers:
        kind = layer["kind"]
        if kind == "reshape":
            height, width, channels = layer["shape"]
            modules.append(nn.Unflatten(1, (channels, height, width)))
        elif kind == "conv":
            kernel = arrays[layer["name"] + "/kernel"]
            *window, inputs, filters = kernel.shape
            bias, stride, padding = arrays.get(layer["name"] + "/bias"), layer.get("stride", 1), layer.get("padding", "same")
            module = nn.Conv2d(inputs, filters, window, stride=stride, padding=padding, bias=bias is not None)
            put(module, kernel.permute(3, 2, 0, 1), bias)
            modules += [module, ACTIVATIONS[layer["activation"]]()]
        elif kind == "batchNorm":
            scale = arrays[layer["name"] + "/scale"]
            module = nn.BatchNorm2d(len(scale))
            put(module, scale, arrays[layer["name"] + "/shift"])
            modules += [module, ACTIVATIONS[layer["activation"]]()]
        elif kind == "block":
            name, stride = layer["name"], layer["stride"]
            of = lambda kind, child, **rest: {"kind": kind, "name": f"{name}/{child}", "activation": "linear", **rest}
            body = [
                of("conv", "conv1", stride=stride, padding=1),
                of("batchNorm", "norm1", activation="relu"),
                of("conv", "conv2", padding=1),
                of("batchNorm", "norm2"),
            ]
            inputs, filters = arrays[name + "/conv1/kernel"].shape[2:]
            modules.append(Block(build(body, arrays), stride, filters - inputs))
        elif kind == "globalAveragePool":
            modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        elif kind == "maxPool":
            modules.append(nn.MaxPool2d(layer["window"]))
        elif kind == "flatten":
            with torch.no_grad():
                channels, *sides = nn.Sequential(*modules)(arrays["inputs"][0][:1]).shape[1:]
            image = *sides, channels
            modules.append(nn.Flatten())
        elif kind == "dense":
            kernel = arrays[layer["name"] + "/kernel"]
            if image is not None:  # rows in the order of channels first
                kernel = kernel.reshape(*image, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
                image = None
            module = nn.Linear(*kernel.shape)
            put(module, kernel.T, arrays[layer["name"] + "/bias"])
            modules += [module, ACTIVATIONS[layer["activation"]]()]
    return nn.Sequential(*modules)


def put(module, weight, bias):
    with torch.no_grad():
        module.weight.copy_(weight)
        if bias is not None:
            module.bias.copy_(bias)


path, update, rate, device, mode = sys.argv[1:]
arrays, layers = read(path)
smoothing = 0.0
if layers[0]["kind"] == "transformer":
    from torch_transformer import Transformer

    model, smoothing = Transformer(arrays, layers[0]["heads"], layers[0]["layers"]), layers[0]["labelSmoothing"]
    inputs = list(zip(arrays["inputs/source"], arrays["inputs/target"]))
    arrays["targets"] = arrays["targets"].flatten(1)
else:
    if arrays["inputs"].dim() == 5:  # images
        arrays["inputs"] = arrays["inputs"].permute(0, 1, 4, 2, 3)
    model = build(layers, arrays).to(memory_format=torch.channels_last)  # with which its convolutions are fastest
    inputs = arrays["inputs"]
model = model.to(device)
on_device = lambda x: tuple(map(on_device, x)) if isinstance(x, tuple) else x.to(device)
inputs, targets = [on_device(x) for x in inputs], arrays["targets"].to(device)
if update == "adam":
    optimizer = torch.optim.Adam(model.parameters(), lr=float(rate))
else:
    optimizer = torch.optim.SGD(model.parameters(), lr=float(rate), momentum=0.9)
if targets.dtype == torch.int32:
    targets, loss = targets.long(), nn.CrossEntropyLoss(label_smoothing=smoothing)
else:
    binary = nn.BCEWithLogitsLoss(reduction="sum")
    loss = lambda outputs, y: binary(outputs, y) / len(y)

loss_of = lambda x, y: loss(model(x), y)
if mode == "compile":
    loss_of = torch.compile(loss_of)

step = 0
for line in sys.stdin:
    losses, begin = [], time.perf_counter()
    for _ in range(int(line)):
        at = step % len(inputs)
        optimizer.zero_grad(set_to_none=True)
        value = loss_of(inputs[at], targets[at])
        value.backward()
        optimizer.step()
        losses.append(value.detach())
        step += 1
    losses[-1].item()  # a GPU is done only when its last result is here
    milliseconds = 1000 * (time.perf_counter() - begin)
    print(json.dumps({"milliseconds": milliseconds, "losses": [float(x) for x in losses]}), flush=True)
