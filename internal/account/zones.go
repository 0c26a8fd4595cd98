package account

// Zones are the time zones to choose from, by where the site's people are likely to be.
var Zones = []string{
	"Australia/Sydney", "Australia/Melbourne", "Australia/Hobart", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin",
	"Australia/Perth", "Australia/Lord_Howe", "Indian/Christmas", "Indian/Cocos", "Pacific/Norfolk",
	"Pacific/Auckland", "Pacific/Fiji", "Pacific/Port_Moresby", "Pacific/Guadalcanal", "Pacific/Tongatapu", "Pacific/Apia", "Pacific/Honolulu",
	"Asia/Dili", "Asia/Jakarta", "Asia/Singapore", "Asia/Manila", "Asia/Tokyo", "Asia/Shanghai", "Asia/Bangkok", "Asia/Kolkata", "Asia/Dubai",
	"Africa/Nairobi", "Africa/Johannesburg", "Africa/Lagos", "Europe/Athens", "Europe/Berlin", "Europe/London", "UTC",
	"America/Sao_Paulo", "America/Halifax", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
}
