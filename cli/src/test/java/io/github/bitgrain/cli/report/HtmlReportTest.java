package io.github.bitgrain.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private static Report report(String model) {
        Map<String, Double> accuracy = new LinkedHashMap<>();
        accuracy.put("float", 0.9);
        accuracy.put("chip", 0.45);
        return new Report(model, "esp32s3", 8, "improved", Map.of("file", "12 KiB"), "top1", accuracy,
                List.of(new Report.Bar("small", 1e-6, Double.NaN), new Report.Bar("large", 0.5, Double.NaN), new Report.Bar("zero", 0, Double.NaN)),
                List.of(new Report.Block("b1", 0.5, 0.001)), List.of("2 layers near the limit"),
                Map.of("tqt_optimization", true));
    }

    /** The page is written so that it is well-formed XML too. */
    private static Document parse(String html) throws Exception {
        String xml = html.replace("<!DOCTYPE html>", "").replace("<meta charset=\"utf-8\">", "")
                .replaceAll("<meta name=[^>]*>", "").replace("&nbsp;", " ");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    private static double width(Document page, int rect) {
        return Double.parseDouble(page.getElementsByTagName("rect").item(rect).getAttributes().getNamedItem("width").getNodeValue());
    }

    @Test
    void barsAreAsLongAsTheirValues() throws Exception {
        Document page = parse(HtmlReport.of(report("m")));
        assertEquals(2, width(page, 0) / width(page, 1), 1e-3);
        assertTrue(width(page, 2) > width(page, 3));
        assertTrue(width(page, 4) > width(page, 5));
        assertTrue(width(page, 5) > 0);
        assertEquals(0, width(page, 6));
    }

    @Test
    void layersAreSortedByTheirError() {
        String html = HtmlReport.of(report("m"));
        assertTrue(html.indexOf(">large<") < html.indexOf(">small<"));
        assertTrue(html.indexOf(">small<") < html.indexOf(">zero<"));
    }

    @Test
    void namesOfAModelCannotBecomeMarkup() throws Exception {
        String html = HtmlReport.of(report("<script>alert('x')</script>\u0000"));
        assertFalse(html.contains("<script"));
        assertEquals("<script>alert('x')</script>\uFFFD for esp32s3, 8 bit",
                parse(html).getElementsByTagName("h1").item(0).getTextContent());
    }

    @Test
    void nothingIsFetchedAndEveryTableCanBeReachedByKey() throws Exception {
        String html = HtmlReport.of(report("m"));
        assertFalse(html.contains("http"));
        assertFalse(html.contains("url("));
        NodeList tables = parse(html).getElementsByTagName("table");
        assertEquals(4, tables.getLength());
        for (int i = 0; i < tables.getLength(); i++) {
            assertEquals("0", tables.item(i).getParentNode().getAttributes().getNamedItem("tabindex").getNodeValue());
        }
    }

    @Test
    void withoutLabelsItSaysWhy() {
        Report with = report("m");
        String html = HtmlReport.of(new Report("m", "c", 8, "parity", Map.of(), null, Map.of(), List.of(), List.of(),
                List.of(), with.settings()));
        assertTrue(html.contains("no labels were given"));
    }
}
