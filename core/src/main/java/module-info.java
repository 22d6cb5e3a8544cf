/** Tensors, the graph and its operators, float execution, autodiff. No third-party code. */
module io.github.bitgrain.core {
    requires transitive io.github.bitgrain.kernels;

    exports io.github.bitgrain.core;
    exports io.github.bitgrain.core.autodiff;
    exports io.github.bitgrain.core.data;
    exports io.github.bitgrain.core.exec;
    exports io.github.bitgrain.core.graph;
    exports io.github.bitgrain.core.op;
    exports io.github.bitgrain.core.quant;
    exports io.github.bitgrain.core.stats;
    exports io.github.bitgrain.core.tensor;
    exports io.github.bitgrain.core.train;
}
