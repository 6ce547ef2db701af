"""Recurrences that learn several times faster on a CPU than torch's own for a few sequences at a time.

A state is too small for torch: almost all of its time goes into launching operations and, in the backward pass, into
adding up a weight gradient at each step. Here both passes are loops over numpy's dot product, and the weight gradient
is one product over all steps at the end. B sequences, T steps, R units; on the CPU, in float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

Reals = NDArray[np.float32]


class TanhRecurrence(torch.autograd.Function):
    """u(t) = tanh(x(t) + u(t-1) W_uu), with back-propagation through time.

    Apply to x, (B, T, R), the inputs' share with its bias; W_uu transposed, (R, R), as torch keeps it; u(0), (B, R).
    The result is (B, T, R).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, u0: Tensor) -> Tensor:
        """Run the recurrence."""
        rows = _steps_first(x)  # (T, B, R)
        W_uu = np.ascontiguousarray(weight.detach().numpy().T)
        u = np.empty((len(rows) + 1, *rows.shape[1:]), np.float32)  # (T + 1, B, R)
        u[0] = u0.detach().numpy()
        for t, row in enumerate(rows):
            np.dot(u[t], W_uu, out=u[t + 1])
            u[t + 1] += row
            np.tanh(u[t + 1], out=u[t + 1])
        ctx.u, ctx.weight = u, weight.detach().numpy()
        return _sequences_first(u[1:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of x, weight and u(0)."""
        u, weight = ctx.u, ctx.weight
        outer = _steps_first(gradient)
        slopes = 1 - u[1:] ** 2
        inner = np.empty_like(slopes)  # gradients before the tanh
        carried = np.zeros_like(u[0])
        for t in range(len(inner) - 1, -1, -1):
            np.add(outer[t], carried, out=inner[t])
            inner[t] *= slopes[t]
            np.dot(inner[t], weight, out=carried)
        return _sequences_first(inner), _weight_gradient(inner, u), torch.from_numpy(carried)


class GRURecurrence(torch.autograd.Function):
    """The gated recurrent unit as torch.nn.GRU defines it, with back-propagation through time.

        r = sigmoid(x_r + W_r u + b_r)    z = sigmoid(x_z + W_z u + b_z)    n = tanh(x_n + r (W_n u + b_n))
        u(t) = (1 - z) n + z u(t-1)

    Apply to x, (B, T, 3R), the inputs' shares of r, z and n with their biases; the weights of u, (3R, R), and their
    biases, (3R,), as torch keeps them; u(0), (B, R). The result is (B, T, R).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, u0: Tensor) -> Tensor:
        """Run the recurrence."""
        rows = _steps_first(x)  # (T, B, 3R)
        W = np.ascontiguousarray(weight.detach().numpy().T)  # (R, 3R)
        b = bias.detach().numpy()
        steps, lanes, n_gates = rows.shape
        n_units = n_gates // 3
        u = np.empty((steps + 1, lanes, n_units), np.float32)
        u[0] = u0.detach().numpy()
        gates = np.empty((steps, lanes, 2 * n_units), np.float32)  # r and z
        shares = np.empty((steps, lanes, n_units), np.float32)  # W_n u + b_n
        candidates = np.empty((steps, lanes, n_units), np.float32)  # n
        drive = np.empty((lanes, n_gates), np.float32)
        for t, row in enumerate(rows):
            np.dot(u[t], W, out=drive)
            drive += b
            shares[t] = drive[:, 2 * n_units :]
            gate, candidate = gates[t], candidates[t]
            np.add(drive[:, : 2 * n_units], row[:, : 2 * n_units], out=gate)
            gate *= 0.5  # sigmoid(a) = (1 + tanh(a / 2)) / 2
            np.tanh(gate, out=gate)
            gate += 1
            gate *= 0.5
            np.multiply(gate[:, :n_units], shares[t], out=candidate)
            candidate += row[:, 2 * n_units :]
            np.tanh(candidate, out=candidate)
            np.subtract(u[t], candidate, out=u[t + 1])
            u[t + 1] *= gate[:, n_units:]
            u[t + 1] += candidate
        ctx.u, ctx.gates, ctx.shares, ctx.candidates = u, gates, shares, candidates
        ctx.weight = weight.detach().numpy()
        return _sequences_first(u[1:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the gradients of x, weight, bias and u(0)."""
        u, n, shares, weight = ctx.u, ctx.candidates, ctx.shares, ctx.weight
        n_units = u.shape[2]
        r, z = ctx.gates[..., :n_units], ctx.gates[..., n_units:]
        outer = _steps_first(gradient)
        # What a gradient of u(t) is multiplied by on its way to each sum, for all steps at once.
        to_n = (1 - z) * (1 - n**2)
        to_z = (u[:-1] - n) * z * (1 - z)
        to_r = to_n * shares * r * (1 - r)
        to_share = to_n * r
        sums = np.empty((*n.shape[:2], 3 * n_units), np.float32)  # gradients of W u + b
        candidate_inputs = np.empty_like(n)  # of x_n, which enters beside r (W_n u + b_n)
        total = np.zeros_like(u[0])
        for t in range(len(sums) - 1, -1, -1):
            total += outer[t]
            np.multiply(total, to_r[t], out=sums[t, :, :n_units])
            np.multiply(total, to_z[t], out=sums[t, :, n_units : 2 * n_units])
            np.multiply(total, to_share[t], out=sums[t, :, 2 * n_units :])
            np.multiply(total, to_n[t], out=candidate_inputs[t])
            total *= z[t]
            total += sums[t] @ weight
        weight_gradient, bias_gradient = _weight_gradient(sums, u), torch.from_numpy(sums.sum(axis=(0, 1)))
        sums[..., 2 * n_units :] = candidate_inputs
        return _sequences_first(sums), weight_gradient, bias_gradient, torch.from_numpy(total)


def _steps_first(sequences: Tensor) -> Reals:
    return np.ascontiguousarray(sequences.detach().numpy().swapaxes(0, 1))


def _sequences_first(steps: Reals) -> Tensor:
    return torch.from_numpy(steps.swapaxes(0, 1).copy())


def _weight_gradient(sums: Reals, u: Reals) -> Tensor:
    """Return the gradient of the weights of u, (G, R), from gradients of W u, (T, B, G), and u, (T + 1, B, R)."""
    return torch.from_numpy(sums.reshape(-1, sums.shape[2]).T @ u[:-1].reshape(-1, u.shape[2]))
