/** Graph passes, observers, calibration, plan passes, TQT, error analysis. */
module io.github.bitgrain.quantizer {
    requires transitive io.github.bitgrain.simulator;

    exports io.github.bitgrain.quantizer.equalize;
    exports io.github.bitgrain.quantizer;
    exports io.github.bitgrain.quantizer.amax;
    exports io.github.bitgrain.quantizer.analyze;
    exports io.github.bitgrain.quantizer.calibrate;
    exports io.github.bitgrain.quantizer.cost;
    exports io.github.bitgrain.quantizer.head;
    exports io.github.bitgrain.quantizer.input;
    exports io.github.bitgrain.quantizer.lanes;
    exports io.github.bitgrain.quantizer.nn;
    exports io.github.bitgrain.quantizer.observe;
    exports io.github.bitgrain.quantizer.pass;
    exports io.github.bitgrain.quantizer.plan;
    exports io.github.bitgrain.quantizer.qat;
    exports io.github.bitgrain.quantizer.search;
    exports io.github.bitgrain.quantizer.tqt;
}
