"""The layer's arithmetic, with hand-written gradients where autograd would do needless work.

T tokens, H hidden size, I width of a feed-forward, E experts, K experts per token. All float32.
The base's weights are frozen: no gradient is ever formed for them.
"""

import torch
from torch.autograd import Function


class FrozenLinear(Function):
    """`x @ weightᵀ` for a weight that does not learn: [T, in] -> [T, out].

    Takes the weight in both orders, each contiguous, since each direction is faster with its own.
    """

    @staticmethod
    def forward(context, inputs, weight, transposed):
        context.weight = weight
        return inputs @ transposed

    @staticmethod
    def backward(context, gradient):
        return gradient @ context.weight, None, None


class RMSNorm(Function):
    """`x / rms(x) · weight`, frozen (Zhang and Sennrich 2019, equation 4): [T, H] -> [T, H]."""

    @staticmethod
    def forward(context, inputs, weight, epsilon):
        scale = torch.rsqrt(inputs.square().mean(-1, keepdim=True) + epsilon)
        normalized = inputs * scale
        context.save_for_backward(normalized, scale)
        context.weight = weight
        return normalized * weight

    @staticmethod
    def backward(context, gradient):
        normalized, scale = context.saved_tensors
        gradient = gradient * context.weight
        projection = (gradient * normalized).mean(-1, keepdim=True)
        return torch.addcmul(gradient, normalized, projection, value=-1).mul_(scale), None, None


def gated(gate_up, width):
    """`silu(gate) · up` of [T, 2·width], gate columns first: -> [T, width]."""
    return torch.nn.functional.silu(gate_up[:, :width]).mul_(gate_up[:, width:])


def gated_backward(gradient, gate_up, width):
    """Gradient of `gated`: of its output [T, width] -> of its input [T, 2·width]."""
    gate, up = gate_up[:, :width], gate_up[:, width:]
    sigmoid = torch.sigmoid(gate)
    silu = gate * sigmoid
    result = torch.empty_like(gate_up)
    torch.mul(gradient, silu, out=result[:, width:])
    slope = sigmoid.mul_(1 + gate - silu)  # σ(1 + g − gσ), the derivative of gσ(g)
    torch.mul(gradient, up, out=result[:, :width]).mul_(slope)
    return result


class FrozenSwiGLU(Function):
    """The base's feed-forward: `down(silu(gate(x)) · up(x))`, [T, H] -> [T, H]."""

    @staticmethod
    def forward(context, inputs, weights):
        gate_up = inputs @ weights.gate_up_transposed
        context.save_for_backward(gate_up)
        context.weights = weights
        return gated(gate_up, weights.width) @ weights.down_transposed

    @staticmethod
    def backward(context, gradient):
        (gate_up,) = context.saved_tensors
        weights = context.weights
        gradient = gated_backward(gradient @ weights.down, gate_up, weights.width)
        return gradient @ weights.gate_up, None


def grouped_by_expert(experts, expert_count):
    """The (token, choice) pairs by expert: (order of the pairs [T·K], end of each expert's run)."""
    flat = experts.reshape(-1)
    order = torch.argsort(flat, stable=True)
    return order, torch.bincount(flat, minlength=expert_count).cumsum(0).tolist()


def runs(ends):
    """(expert, start, end) of every expert that was chosen at all."""
    start = 0
    for expert, end in enumerate(ends):
        if end > start:
            yield expert, start, end
        start = end


def zero_unused(gradient, ends):
    """Zero the slices of experts without rows; every other slice is about to be written."""
    for expert, end in enumerate(ends):
        if end == (ends[expert - 1] if expert else 0):
            gradient[expert].zero_()
    return gradient


class RoutedExperts(Function):
    """Weighted sum of the chosen experts, rows grouped by expert so that only chosen ones compute.

    inputs [T, H], weights [T, K], experts [T, K] integers, gate_up [E, 2I, H], down [E, H, I]
    -> [T, H]
    """

    @staticmethod
    def forward(context, inputs, weights, experts, gate_up, down):
        width = down.shape[2]
        order, ends = grouped_by_expert(experts, down.shape[0])
        rows = order // experts.shape[1]
        pair_weights = weights.reshape(-1, 1)[order]
        activations = inputs.new_empty(len(order), 2 * width)
        for expert, start, end in runs(ends):
            torch.mm(inputs[rows[start:end]], gate_up[expert].T, out=activations[start:end])
        hidden = gated(activations, width)
        weighted = hidden * pair_weights
        result = torch.zeros_like(inputs)
        for expert, start, end in runs(ends):
            result.index_add_(0, rows[start:end], weighted[start:end] @ down[expert].T)
        context.save_for_backward(inputs, activations, hidden, pair_weights, gate_up, down)
        context.plan = (order, rows, ends, experts.shape)
        return result

    @staticmethod
    def backward(context, gradient):
        inputs, activations, hidden, pair_weights, gate_up, down = context.saved_tensors
        order, rows, ends, shape = context.plan
        width = down.shape[2]
        weighted = hidden * pair_weights
        down_gradient = zero_unused(torch.empty_like(down), ends)
        projected = torch.empty_like(hidden)
        for expert, start, end in runs(ends):
            received = gradient[rows[start:end]]
            torch.mm(received, down[expert], out=projected[start:end])
            torch.mm(received.T, weighted[start:end], out=down_gradient[expert])
        weight_gradient = torch.empty(len(order), dtype=gradient.dtype)
        weight_gradient[order] = (projected * hidden).sum(-1)
        activation_gradient = gated_backward(projected.mul_(pair_weights), activations, width)
        input_gradient = torch.zeros_like(inputs)
        gate_up_gradient = zero_unused(torch.empty_like(gate_up), ends)
        for expert, start, end in runs(ends):
            piece, run = activation_gradient[start:end], rows[start:end]
            torch.mm(piece.T, inputs[run], out=gate_up_gradient[expert])
            input_gradient.index_add_(0, run, piece @ gate_up[expert])
        return input_gradient, weight_gradient.view(shape), None, gate_up_gradient, down_gradient


def rotated(heads, cosine, sine):
    """Rotary embedding in half-rotation form: heads [T, N, 64], cosine and sine [T, 1, 32]."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat(
        (first * cosine - second * sine, second * cosine + first * sine), dim=-1)


class Rotary(Function):
    """`rotated`, whose gradient is the rotation back."""

    @staticmethod
    def forward(context, heads, cosine, sine):
        context.save_for_backward(cosine, sine)
        return rotated(heads, cosine, sine)

    @staticmethod
    def backward(context, gradient):
        cosine, sine = context.saved_tensors
        return rotated(gradient, cosine, -sine), None, None
