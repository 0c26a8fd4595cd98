package db

// MigrateWith is Migrate with other files: for tests of one step on a database that is in use.
var MigrateWith = migrateWith
