package io.github.bitgrain.tests.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.bitgrain.cli.Main;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A page that the command line wrote, in a browser, and what holds for every such page. */
final class OpenPage {
    static final int TAB = 9;
    static final int ENTER = 13;
    static final int RIGHT = 39;

    /** Lowest contrast of text that WCAG 2 level AA allows. */
    private static final double CONTRAST = 4.5;

    /** How many different colours the pixels of each chart have. */
    private static final String COLOURS = """
            [...document.querySelectorAll('.plot canvas')].map(c => new Set(new Uint32Array(
                c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size)""";

    private final Path file;
    private final String pictures;
    private final Browser browser;

    private OpenPage(Path file, String pictures, Browser browser) {
        this.file = file;
        this.pictures = pictures;
        this.browser = browser;
    }

    /**
     * Runs a command that writes a page, and starts the browser. Skips the tests where there is none, but not in CI.
     *
     * @param folder for the browser's profile
     * @param pictures beginning of the names of screenshots
     */
    static OpenPage of(Path file, Path folder, String pictures, String... command) throws Exception {
        Optional<Path> program = Browser.find();
        if (program.isEmpty() && "true".equals(System.getenv("CI"))) {
            fail("no Chromium on the path; .ci/run installs it");
        }
        assumeTrue(program.isPresent(), "no Chromium on the path");
        StringWriter err = new StringWriter();
        int exit = Main.run(command, new PrintWriter(new StringWriter()), new PrintWriter(err, true));
        assertEquals(0, exit, err::toString);
        return new OpenPage(file, pictures, new Browser(program.get(), folder.resolve("profile")));
    }

    Browser browser() {
        return browser;
    }

    /** Loads the page anew, light and as wide as a desk's screen. */
    void load() throws Exception {
        browser.complaints().clear();
        browser.requests().clear();
        browser.prefer("light");
        browser.resize(1280, 900);
        browser.open(file);
    }

    void screenshot(String name) throws Exception {
        browser.screenshot(Path.of("target/report/" + pictures + name + ".png"));
    }

    /** Checks that scripts said nothing. */
    void hasNoComplaints() {
        assertEquals(List.of(), browser.complaints());
    }

    /**
     * Checks that charts are drawn, without a word of the browser and without the network.
     *
     * @param least how many at least
     * @param ids elements that have one
     */
    void drawsCharts(int least, String... ids) throws Exception {
        for (String id : ids) {
            assertTrue(browser.run("document.querySelector('#" + id + " canvas') !== null").asBoolean(), id);
        }
        JsonNode colours = browser.run(COLOURS);
        assertTrue(colours.size() >= least, colours::toString);
        colours.forEach(count -> assertTrue(count.asInt() > 5, colours::toString));
        assertTrue(browser.run("document.querySelectorAll('#tensor-table svg.spark path[d^=M]').length"
                + " === document.querySelectorAll('#tensor-table tbody tr:not(.detail)').length").asBoolean());
        hasNoComplaints();
        assertEquals(List.of(file.toUri().toString()), browser.requests());
    }

    /** Checks colours in both modes, and that a change of mode redraws the charts. */
    void isReadableInLightAndDark() throws Exception {
        String charts = "[...document.querySelectorAll('.plot canvas')].map(c => c.toDataURL())";
        JsonNode light = browser.run(charts);
        assertTrue(luminance("background-color") > 0.8);
        assertTrue(contrast() >= CONTRAST);
        browser.prefer("dark");
        assertTrue(luminance("background-color") < 0.1);
        assertTrue(contrast() >= CONTRAST);
        JsonNode dark = browser.run(charts);
        for (int i = 0; i < light.size(); i++) {
            assertFalse(light.get(i).equals(dark.get(i)), "chart " + i + " is drawn as before");
        }
        screenshot("dark");
        hasNoComplaints();
    }

    /** Relative luminance (WCAG 2) of a colour of the page. */
    private double luminance(String property) throws Exception {
        JsonNode parts = browser.run("getComputedStyle(document.body).getPropertyValue('" + property + "').match(/\\d+/g).slice(0, 3).map(Number)");
        double[] weights = {0.2126, 0.7152, 0.0722};
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            double c = parts.get(i).asInt() / 255.0;
            sum += weights[i] * (c <= 0.04045 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    }

    private double contrast() throws Exception {
        double paper = luminance("background-color");
        double ink = luminance("color");
        return (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
    }

    /** Checks that a telephone shows it all, details open, without scrolling sideways. */
    void fitsATelephone() throws Exception {
        browser.resize(360, 740);
        browser.run("document.querySelectorAll('#tensor-table button.more, #layer-table button.more').forEach(b => b.click())");
        browser.settle();
        assertEquals(360, browser.run("document.documentElement.scrollWidth").asInt());
        assertTrue(browser.run("[...document.querySelectorAll('.plot')].every(p => p.getBoundingClientRect().width <= 360)").asBoolean());
        screenshot("narrow");
    }

    void close() throws Exception {
        browser.close();
    }
}
