package graphapi

func (a *API) ownRoutes() []Route { return nil }
