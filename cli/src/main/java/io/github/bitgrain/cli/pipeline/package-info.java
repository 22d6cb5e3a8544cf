/** The main job from a float network to a verified chip model, shared by the commands that do it. */
package io.github.bitgrain.cli.pipeline;
