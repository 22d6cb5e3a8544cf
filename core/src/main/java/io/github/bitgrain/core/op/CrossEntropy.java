package io.github.bitgrain.core.op;

/**
 * Loss: mean over samples of −Σ p · log softmax(logits). logits: [N, C]; target: [N] class numbers, or [N, C] probabilities → [].
 */
public record CrossEntropy() implements Op {}
