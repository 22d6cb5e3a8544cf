/** What people bring: NumPy files, folders of images, and how their values become the network's inputs. */
package io.github.bitgrain.cli.data;
