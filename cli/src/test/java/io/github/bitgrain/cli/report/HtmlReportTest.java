package io.github.bitgrain.cli.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.bitgrain.cli.pipeline.TrainingCurves;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private static final Pattern DATA = Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    private static Report report(String model) {
        Map<String, Double> accuracy = new LinkedHashMap<>();
        accuracy.put("float", 0.9);
        accuracy.put("chip", 0.45);
        return new Report(model, "esp32s3", 8, "improved", Map.of("file", "12 KiB"), "top1", accuracy,
                List.of(new Report.Layer("small", "Conv", 8, 1e-6, Double.NaN, 1, 0.25), new Report.Layer("large", "Conv", 8, 0.5, Double.NaN, 0.9, 0.5),
                        new Report.Layer("zero", "Gemm", 8, 0, Double.NaN, 1, 0.125)),
                List.of(new Report.Block("b1", 0.5, 0.001)), List.of(new TrainingCurves.Curve("b1", 2, List.of(0.5, 0.001)), new TrainingCurves.Curve("output", 1, List.of(0.2)),
                        new TrainingCurves.Curve("output & more", 1, List.of(0.1))),
                List.of(new TensorFigures("</script><b>", "small", TensorFigures.Role.RESULT, 8, List.of(-4, -4), 1, -8, 7.9375, -9, 3, -1.5, 2, 1e-4, null, 100, 2, false, -9, 3,
                        new long[] {2, 98})),
                List.of(new Report.Accumulator("small", "Conv", 20, -3, 1, 0, 8)), List.of("2 layers near the limit"),
                Map.of("tqt_optimization", true));
    }

    /** What is not script or style is written so that it is well-formed XML too. */
    private static Document parse(String html) throws Exception {
        String xml = html.replace("<!DOCTYPE html>", "").replaceAll("(?s)<(script|style)[^>]*>.*?</\\1>", "");
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }

    @Test
    void layersAreSortedByTheirError() {
        String html = HtmlReport.of(report("m"));
        assertTrue(html.indexOf(">large<") < html.indexOf(">small<"));
        assertTrue(html.indexOf(">small<") < html.indexOf(">zero<"));
    }

    @Test
    void layersTellTheirShareOfTheTime() throws Exception {
        String html = HtmlReport.of(report("m"));
        assertTrue(html.contains("<button type=\"button\" class=\"sort\">time</button>"));
        assertTrue(html.contains("data-value=\"2.500000e-01\">25.0 %</td></tr>") && html.contains(">12.5 %</td></tr>"), html);
    }

    @Test
    void theFirstSentencesSayWhatMatters() throws Exception {
        String text = parse(HtmlReport.of(report("m"))).getElementsByTagName("header").item(0).getTextContent();
        assertTrue(text.contains("On the chip top1 is 45.00 %, −45.00 points against the float network."), text);
        assertTrue(text.contains("The largest error is that of large, 50.0 %."), text);
        assertTrue(text.contains("1 of 1 tensors clip some of their values. No accumulator was seen to saturate."), text);
    }

    @Test
    void namesOfAModelCannotBecomeMarkup() throws Exception {
        String html = HtmlReport.of(report("<script>alert('x')</script>\u0000"));
        assertFalse(html.contains("<script>alert"));
        assertFalse(html.contains("</script><b>"));
        assertEquals("<script>alert('x')</script>\uFFFD for esp32s3, 8 bit",
                parse(html).getElementsByTagName("h1").item(0).getTextContent());
    }

    @Test
    void theDataOfTheChartsAreJson() throws Exception {
        Matcher data = DATA.matcher(HtmlReport.of(report("m")));
        assertTrue(data.find());
        JsonNode json = new ObjectMapper().readTree(data.group(1));
        assertEquals("</script><b>", json.at("/tensors/0/n").asText());
        assertEquals(98, json.at("/tensors/0/c/1").asInt());
        assertTrue(json.at("/layers/0/a").isNull());
    }

    @Test
    void everyStageThatTrainsTheWholeNetworkHasItsNameAndItsCurve() {
        Matcher stage = Pattern.compile("<h3>([^<]*)</h3><div data-curve=\"(\\d+)\">").matcher(HtmlReport.of(report("m")));
        assertEquals(List.of("output 1", "output &amp; more 2"), stage.results().map(found -> found.group(1) + " " + found.group(2)).toList());
    }

    @Test
    void nothingIsFetchedAndEveryTableCanBeReachedByKey() throws Exception {
        String html = HtmlReport.of(report("m"));
        assertTrue(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\""));
        assertFalse(html.contains("url("));
        assertFalse(html.matches("(?s).*<[^>]*(src|href)=\"[^#].*"));
        NodeList tables = parse(html).getElementsByTagName("table");
        assertEquals(4, tables.getLength());
        for (int i = 0; i < tables.getLength(); i++) {
            assertEquals("0", tables.item(i).getParentNode().getAttributes().getNamedItem("tabindex").getNodeValue());
        }
    }

    @Test
    void theLicenceOfTheChartLibraryIsKept() {
        assertTrue(HtmlReport.of(report("m")).contains("Permission is hereby granted, free of charge"));
    }

    @Test
    void withoutLabelsItSaysWhy() {
        Report with = report("m");
        String html = HtmlReport.of(new Report("m", "c", 8, "parity", Map.of(), null, Map.of(), List.of(), List.of(), List.of(), List.of(), List.of(),
                List.of(), with.settings()));
        assertTrue(html.contains("no samples were given"));
    }

    @Test
    void whatTrainsNoThresholdsIsNotCalledThresholdTraining() {
        Report with = report("m");
        String corrected = HtmlReport.of(new Report("m", "c", 8, "improved", Map.of(), null, Map.of(), List.of(), with.blocks(), List.of(), List.of(), List.of(),
                List.of(), Map.of("tqt_optimization", false, "bias_correct", true)));
        assertTrue(corrected.contains("Corrections after calibration"));
        assertFalse(corrected.contains("Threshold training"));
        assertTrue(HtmlReport.of(with).contains("Threshold training"));
    }
}
