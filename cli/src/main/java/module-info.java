/** The command line. */
module io.github.bitgrain.cli {
    requires com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.yaml;
    requires info.picocli;
    requires io.github.bitgrain.exporter;
    requires io.github.bitgrain.quantizer;
    requires java.desktop;

    exports io.github.bitgrain.cli;

    opens io.github.bitgrain.cli.command to info.picocli, com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.compare to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.inspect to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.network to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.report to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.pipeline to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.recipe to com.fasterxml.jackson.databind;
    opens io.github.bitgrain.cli.verify to com.fasterxml.jackson.databind;
}
