/**
 * Trained quantization thresholds (TQT; Jain et al. 2020): blocks of the network are trained to give, quantized, what they
 * give in float. Profile {@code parity} reproduces ESP-PPQ's pass; {@code improved} moves exponents too and keeps only what
 * held-out samples confirm.
 */
package io.github.bitgrain.quantizer.tqt;
