import java.io.FileInputStream;
import java.util.LinkedHashSet;
import java.util.Set;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Checks each file against the PDF/A or PDF/UA part its own metadata claims; exit 1 when one of them fails. */
public final class VeraCheck {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean good = files.length > 0;
        for (String file : files) {
            good &= check(file);
        }
        System.exit(good ? 0 : 1);
    }

    private static boolean check(String file) throws Exception {
        try (FileInputStream in = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(in)) {
            PDFAFlavour flavour = parser.getFlavour();
            if (flavour == PDFAFlavour.NO_FLAVOUR) {
                System.out.println("FAIL none " + file + " (claims no PDF/A or PDF/UA part)");
                return false;
            }
            PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false);
            ValidationResult result = validator.validate(parser);
            System.out.println((result.isCompliant() ? "PASS " : "FAIL ") + flavour.getId() + " " + file);
            Set<String> seen = new LinkedHashSet<>();
            for (TestAssertion test : result.getTestAssertions()) {
                if (test.getStatus() == TestAssertion.Status.FAILED) {
                    seen.add("  " + test.getRuleId().getClause() + "-" + test.getRuleId().getTestNumber()
                            + " " + test.getMessage() + " @ " + test.getLocation().getContext());
                }
            }
            seen.forEach(System.out::println);
            return result.isCompliant();
        }
    }
}
