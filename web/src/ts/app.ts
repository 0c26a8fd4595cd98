console.debug("greenroom");
