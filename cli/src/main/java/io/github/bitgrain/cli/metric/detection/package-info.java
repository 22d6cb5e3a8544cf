/** Boxes from the outputs of detectors, and how well they fit labelled ones. */
package io.github.bitgrain.cli.metric.detection;
