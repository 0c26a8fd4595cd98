package forum

// CleanPDF is cleanPDF, for tests.
var CleanPDF = cleanPDF
